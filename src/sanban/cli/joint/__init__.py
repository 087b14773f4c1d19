"""Commands of joint handling."""
