#!/usr/bin/env python3
"""Lets ggml's Vulkan backend see a device that is software, where there is no other.

usage: patch_vulkan.py path/to/ggml-vulkan.cpp

ggml hides such devices (Mesa's llvmpipe) unless GGML_VK_VISIBLE_DEVICES names one by number. Here
it is the program that decides: AVATAR_BACKEND=auto never takes one, AVATAR_BACKEND=vulkan does, so
that the whole path can be tried on a machine without a GPU.
Refuses to write when the anchor is not found exactly once.
"""
import sys

ANCHOR = """        if (vk_instance.device_indices.empty()) {
            GGML_LOG_INFO("ggml_vulkan: No devices found.\\n");
"""
TAKE = """        if (vk_instance.device_indices.empty() && !devices.empty()) {
            vk_instance.device_indices.push_back(0);
        }

"""

text = open(sys.argv[1]).read()
found = text.count(ANCHOR)
assert found == 1, f"the anchor is found {found} times"
open(sys.argv[1], "w").write(text.replace(ANCHOR, TAKE + ANCHOR))
