FROM python:3.13.1-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
RUN useradd --create-home --uid 10001 masthead \
 && install -d -o masthead -g masthead /var/lib/masthead
WORKDIR /app
COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --require-hashes -r requirements/runtime.txt
COPY . .
# Nothing may be written here later: else each process would compile these as it starts.
RUN python -m compileall -q mailer subscribers
USER masthead
VOLUME /var/lib/masthead
CMD ["python", "-m", "granian", "--interface", "wsgi", "--blocking-threads", "8", "--log-config", "mailer/logs.json", "--host", "0.0.0.0", "--port", "8000", "mailer.wsgi:application"]
