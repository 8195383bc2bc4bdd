"""Lessons and quizzes in the window: who walks through them, what is seen of them, and what is remembered."""
