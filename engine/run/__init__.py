"""One job, from its request to its folder: what is asked, planned, sampled, saved and written."""
