"""What the checks of the live conversation share: a client, a chat endpoint, frames, videos, sound.

Unlike the rest of `avatar_tools` it needs what scripts/blackbox/requirements.txt lists.
"""
