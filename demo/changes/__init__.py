"""Photos changed on purpose: what a person asks for in "What if", and the corruptions of the stress ladder."""
