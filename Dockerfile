# The course in a container, for a machine with Docker and nothing else:
#   docker build -t aigc-teach .
#   docker run --rm -p 8888:8888 -v aigc-course:/course/my_course aigc-teach
# and open the address that it prints. Your copies of the lessons stay in the volume aigc-course.
FROM python:3.12-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 learner \
    && install -d -o 1000 -g 1000 /course

USER 1000
WORKDIR /course
COPY --chown=1000:1000 . .
# the environment of the lock; the folder must exist, so that the volume belongs to the learner
RUN make env-lab && mkdir -p my_course && rm -rf ~/.cache

EXPOSE 8888
CMD [".venv/bin/python", "tools/my_course.py", "--ip=0.0.0.0", "--no-browser"]
