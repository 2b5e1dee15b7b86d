"""Methods and models side by side on the same prompts, judged by numbers and by eye."""
