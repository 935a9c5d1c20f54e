"""The browser of the journeys: the headless shell, which has no windows to draw and takes half the time, else the whole Chromium."""

import shutil

BROWSER = next((found for name in ("chromium-headless-shell", "chromium", "chromium-browser") if (found := shutil.which(name))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
