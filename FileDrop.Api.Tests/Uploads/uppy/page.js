// Uppy with its tus plugin and a file input, as its documentation shows it. The test begins it, chooses the files and asks what came of them.
import Uppy from '@uppy/core';
import Tus from '@uppy/tus';

window.begin = (options) => {
  const uppy = new Uppy().use(Tus, { endpoint: new URL('/uploads', location.href).href, ...options });
  const input = document.querySelector('input');
  input.addEventListener('change', () => {
    uppy.addFiles([...input.files].map((data) => ({ source: 'input', name: data.name, type: data.type, data })));
    const tell = (file) => ({ name: file.name, url: file.uploadURL ?? '', error: file.error ?? '' });
    window.ended = uppy.upload().then(({ successful, failed }) => [...successful, ...failed].map(tell));
  });
  window.uppy = uppy;
};

window.sent = () => window.uppy.getFiles().reduce((sum, file) => sum + (file.progress.bytesUploaded || 0), 0);
