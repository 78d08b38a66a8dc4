# docker build -t segmentation-zoo . && docker run -p 7860:7860 segmentation-zoo
FROM python:3.11-slim
ARG PIP_EXTRA_INDEX_URL
WORKDIR /srv/segmentation-zoo
COPY . .
RUN pip install --no-cache-dir -r requirements.txt && useradd --create-home zoo
USER zoo
ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860 NUMBA_CACHE_DIR=/home/zoo/numba PYTHONUNBUFFERED=1
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/health')"]
CMD ["python", "app.py"]
