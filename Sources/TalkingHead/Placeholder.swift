// TalkingHead
