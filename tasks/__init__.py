"""What goes on in the background, and how its result comes into the file.

``runner`` moves tasks on and knows no kind of task; ``latest`` remembers the latest of each kind for
the panels. Tasks know no panel and no operator.
"""
