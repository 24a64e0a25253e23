// The peer of the command "resumable": tus's own server, with its defaults. PORT, and either DIRECTORY or ENDPOINT, BUCKET, KEY, SECRET.
import { Server } from '@tus/server';

const { PORT, DIRECTORY, ENDPOINT, BUCKET, KEY, SECRET } = process.env;

async function store() {
  if (DIRECTORY) {
    const { FileStore } = await import('@tus/file-store');
    return new FileStore({ directory: DIRECTORY });
  }
  const { S3Store } = await import('@tus/s3-store');
  return new S3Store({
    s3ClientConfig: {
      bucket: BUCKET,
      region: 'us-east-1',
      endpoint: ENDPOINT,
      forcePathStyle: true,
      // The server under it knows no trailing checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      credentials: { accessKeyId: KEY, secretAccessKey: SECRET },
    },
  });
}

const server = new Server({ path: '/uploads', datastore: await store() });
server.listen({ host: '127.0.0.1', port: Number(PORT) });
