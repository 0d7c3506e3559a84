"""The caller's side of the wire: what a person with a microphone, the bench and the tests use to call a gateway."""
