"""Commands: the only code that parses arguments, prints, or exits. Heavy imports wait until they are needed."""
