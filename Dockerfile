FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 DEBUG=0 BIND=0.0.0.0 BATON_DATA=/data
WORKDIR /baton
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN useradd --create-home baton && mkdir /data staticfiles && chown baton /data staticfiles
USER baton
VOLUME /data
EXPOSE 8000
CMD ["python", "manage.py", "up"]
