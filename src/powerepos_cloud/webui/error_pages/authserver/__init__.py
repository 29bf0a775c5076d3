"""What the AuthServer's errors mean, one page each."""
