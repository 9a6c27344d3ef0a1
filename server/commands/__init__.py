"""The commands of `svarboks`, one file for each thing that a person does; server/cli.py puts them together."""
