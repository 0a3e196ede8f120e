FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# pg_dump and pg_restore, for the commands backup and restore: not older than the server (compose.yaml).
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
# Static files are collected under production settings; the key of this step is used for nothing else.
RUN SECRET_KEY=build ALLOWED_HOSTS=build VAR_DIR=/tmp/build python manage.py collectstatic --noinput -v 0 \
    && rm -r /tmp/build \
    && useradd --system --home-dir /app app \
    && mkdir var && chown app: var
USER app

ENV BIND=0.0.0.0
EXPOSE 8000
CMD ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
