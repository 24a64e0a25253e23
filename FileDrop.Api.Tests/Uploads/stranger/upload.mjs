// Uploads a file with tus-js-client, as its documentation shows it. Arguments: the file, and options as JSON. Writes a line for each step.
import fs from 'node:fs';
import { PassThrough } from 'node:stream';
import * as tus from 'tus-js-client';

const [path, text] = process.argv.slice(2);
const { endpoint, uploadUrl, chunkSize, parallelUploads, deferred, storage } = JSON.parse(text);

// A stream that is no file's: its end comes as a surprise.
const source = deferred ? fs.createReadStream(path).pipe(new PassThrough()) : fs.createReadStream(path);
const upload = new tus.Upload(source, {
  endpoint,
  uploadUrl,
  chunkSize: chunkSize ?? Number.POSITIVE_INFINITY,
  parallelUploads: parallelUploads ?? 1,
  uploadLengthDeferred: deferred ?? false,
  metadata: { filename: 'stranger.bin', filetype: 'application/x-stranger' },
  retryDelays: [100, 300, 1000, 1000, 2000, 2000, 2000, 5000, 5000],
  urlStorage: storage ? new tus.FileUrlStorage(storage) : undefined,
  storeFingerprintForResuming: Boolean(storage),
  onProgress: (sent) => console.log(`sent ${sent}`),
  onUploadUrlAvailable: () => console.log(`url ${upload.url}`),
  onSuccess: () => {
    console.log(`done ${upload.url}`);
  },
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
});

const previous = storage ? await upload.findPreviousUploads() : [];
if (previous.length > 0) {
  console.log(`resumes ${previous[0].uploadUrl}`);
  upload.resumeFromPreviousUpload(previous[0]);
}
upload.start();
