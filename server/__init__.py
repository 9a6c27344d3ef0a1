"""Who may see and do what: the Flask app, accounts, pages, scheduler, command line."""
