"""The peer of the command "compare" on MongoDB and S3: a plain program of the five APIs with Flask, pymongo and boto3.

MONGODB, ENDPOINT, BUCKET, KEY and SECRET name its stores.
"""

import hashlib
import os
import uuid
from datetime import datetime, timezone

import boto3
from botocore.client import Config
from flask import Flask, Response, abort, jsonify, request
from pymongo import DESCENDING, MongoClient

app = Flask(__name__)
files = MongoClient(os.environ["MONGODB"]).get_default_database()["flask"]
files.create_index([("created_at", DESCENDING), ("_id", DESCENDING)])
bucket = os.environ["BUCKET"]
s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["ENDPOINT"],
    aws_access_key_id=os.environ["KEY"],
    aws_secret_access_key=os.environ["SECRET"],
    region_name="us-east-1",
    config=Config(s3={"addressing_style": "path"}, max_pool_connections=64),
)


class Hashed:
    """A stream that counts and hashes (SHA-256) the bytes read from it."""

    def __init__(self, stream):
        self.stream, self.sha256, self.length = stream, hashlib.sha256(), 0

    def read(self, size=-1):
        data = self.stream.read(size)
        self.sha256.update(data)
        self.length += len(data)
        return data


def store(key):
    """Stores the request's body, or its file if it is a form."""
    form = request.files.get("file") if request.mimetype == "multipart/form-data" else None
    content = Hashed(form.stream if form else request.stream)
    s3.upload_fileobj(content, bucket, key)
    return {
        "file_name": request.args.get("file_name") or (form and form.filename) or "untitled",
        "file_type": form.mimetype if form else request.mimetype,
        "file_size": content.length,
        "sha256": content.sha256.hexdigest(),
        "key": key,
        "updated_at": datetime.now(timezone.utc),
    }


def find(file_id):
    return files.find_one({"_id": file_id}) or abort(404)


def shown(file):
    return {
        "file_id": file["_id"],
        "file_name": file["file_name"],
        "file_size": file["file_size"],
        "file_type": file["file_type"],
        "created_at": file["created_at"].isoformat(),
        "updated_at": file["updated_at"].isoformat(),
        "sha256": file["sha256"],
    }


@app.post("/files/upload")
def upload():
    file = store(f"flask/{uuid.uuid4()}")
    file.update(_id=str(uuid.uuid4()), created_at=file["updated_at"])
    files.insert_one(file)
    return jsonify(shown(file)), 201


@app.get("/files/<file_id>")
def read(file_id):
    file = find(file_id)
    asked = {"Range": request.headers["Range"]} if "Range" in request.headers else {}
    stored = s3.get_object(Bucket=bucket, Key=file["key"], **asked)
    headers = {"Content-Length": str(stored["ContentLength"]), "Content-Type": file["file_type"], "Accept-Ranges": "bytes"}
    if "ContentRange" in stored:
        headers["Content-Range"] = stored["ContentRange"]
    return Response(stored["Body"].iter_chunks(64 * 1024), 206 if asked else 200, headers)


@app.get("/files/<file_id>/metadata")
def metadata(file_id):
    return jsonify(shown(find(file_id)))


@app.put("/files/<file_id>")
def update(file_id):
    former = find(file_id)
    changed = store(f"flask/{uuid.uuid4()}")
    files.update_one({"_id": file_id}, {"$set": changed})
    s3.delete_object(Bucket=bucket, Key=former["key"])
    return jsonify(message="updated", file=shown({**former, **changed}))


@app.delete("/files/<file_id>")
def delete(file_id):
    file = find(file_id)
    files.delete_one({"_id": file_id})
    s3.delete_object(Bucket=bucket, Key=file["key"])
    return jsonify(message="deleted", file_id=file_id)


@app.get("/files")
def page():
    limit = min(int(request.args.get("limit", 1000)), 1000)
    found = files.find().sort([("created_at", DESCENDING), ("_id", DESCENDING)]).limit(limit)
    return jsonify([shown(file) for file in found])
