"""Lessons and quizzes: documents that tell a story in scenes, and the claims with which the program checks them.

It knows no Qt: whatever is said in a lesson can be checked without a window.
"""
