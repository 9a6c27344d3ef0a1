"""What is kept: every line of SQL in Svarboks is on this floor."""
