"""Questions over a screen, and its help; they are told what to ask, and give back what was chosen."""
