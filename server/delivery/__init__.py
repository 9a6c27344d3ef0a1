"""On the day, by itself: an edition is made, rendered, put into its working group's export folder, and told of by mail."""
