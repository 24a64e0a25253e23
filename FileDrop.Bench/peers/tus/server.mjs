// The peer of the command "resumable": tus's own server, with its defaults. PORT, and either DIRECTORY or ENDPOINT, BUCKET, KEY, SECRET.
// With SYNC, it syncs each request before it answers, as FileDrop does; by default it leaves that to the system.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Server } from '@tus/server';

const { PORT, DIRECTORY, SYNC, ENDPOINT, BUCKET, KEY, SECRET } = process.env;

async function fileStore() {
  const { FileStore } = await import('@tus/file-store');
  if (!SYNC) return new FileStore({ directory: DIRECTORY });
  return new (class extends FileStore {
    async write(readable, id, offset) {
      const end = await super.write(readable, id, offset);
      const file = await open(join(DIRECTORY, id), 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      return end;
    }
  })({ directory: DIRECTORY });
}

async function store() {
  if (DIRECTORY) return fileStore();
  const { S3Store } = await import('@tus/s3-store');
  return new S3Store({
    s3ClientConfig: {
      bucket: BUCKET,
      region: 'us-east-1',
      endpoint: ENDPOINT,
      forcePathStyle: true,
      // The server under it does not support trailing checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      credentials: { accessKeyId: KEY, secretAccessKey: SECRET },
    },
  });
}

const server = new Server({ path: '/uploads', datastore: await store() });
server.listen({ host: '127.0.0.1', port: Number(PORT) });
