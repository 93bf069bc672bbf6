"""What belongs to one lesson alone: a folder a part, a module or a folder a lesson.

``models/vae.py`` holds the exercises and questions of the lesson ``03_models/02_vae``. The
library never imports anything from here.
"""
