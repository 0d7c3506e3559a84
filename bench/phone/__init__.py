"""The page in a real browser, measured from its own sound: what WebRTC and a bad network add to a turn."""
