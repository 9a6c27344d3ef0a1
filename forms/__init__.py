"""What is asked: the questionnaire model and its rules; pure Python without Flask, database, clock or network."""
