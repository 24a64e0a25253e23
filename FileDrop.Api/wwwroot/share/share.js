// Makes the form take many files and folders, resume interrupted uploads, and show the progress. Without this script the form sends one file.
(() => {
  "use strict";
  const form = document.querySelector("form.drop");
  const zone = document.querySelector(".zone");
  const list = document.querySelector(".sending");
  const many = document.getElementById("many");
  const piece = 8 * 1024 * 1024;
  const tries = 8;
  const queue = [];
  let running = 0;

  const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const base = form.getAttribute("action");

  const size = (bytes) => {
    const units = ["bytes", "kB", "MB", "GB", "TB"];
    let value = bytes;
    let unit = 0;
    for (; value >= 999.95 && unit < 4; unit++) value /= 1000;
    return `${unit === 0 ? value : Math.round(value * 10) / 10} ${units[unit]}`;
  };

  const ask = (method, url, fields, body, progress) => new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Tus-Resumable", "1.0.0");
    for (const [name, value] of Object.entries(fields)) request.setRequestHeader(name, value);
    if (progress) request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => done(request);
    request.onerror = () => failed(new Error("The connection broke."));
    request.send(body);
  });

  const refusal = (request) => {
    try {
      return JSON.parse(request.responseText).detail;
    } catch {
      return `The server answered ${request.status}.`;
    }
  };

  const send = async (item) => {
    const { file, path, bar, state } = item;
    const metadata = [`filename ${base64(file.name)}`, `relativePath ${base64(path)}`];
    for (const name of ["uploader", "message"]) {
      const value = form.elements[name].value.trim();
      if (value) metadata.push(`${name} ${base64(value)}`);
    }
    const begun = await ask("POST", `${base}/uploads`, { "Upload-Length": String(file.size), "Upload-Metadata": metadata.join(",") }, null);
    if (begun.status !== 201) throw new Error(refusal(begun));
    const place = begun.getResponseHeader("Location");
    let last = begun;
    let offset = Number(begun.getResponseHeader("Upload-Offset"));
    // Only an answer to the last piece says that the file exists; the offset alone does not.
    let isDone = file.size === 0;
    for (let failures = 0; !isDone;) {
      const from = offset;
      try {
        last = await ask(
          "PATCH", place, { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(from) }, file.slice(from, from + piece),
          (sent) => { bar.value = from + sent; });
        if (last.status === 204) {
          offset = Number(last.getResponseHeader("Upload-Offset"));
          isDone = offset >= file.size;
          failures = 0;
          bar.value = offset;
          continue;
        }
        if (last.status < 500 && last.status !== 409 && last.status !== 423 && last.status !== 429) throw new TypeError(refusal(last));
        if (last.status === 507) throw new TypeError(refusal(last));
      } catch (failure) {
        if (failure instanceof TypeError) throw failure;
      }
      failures += 1;
      if (failures > tries) throw new Error("The connection broke too often.");
      state.textContent = "Waiting for the connection…";
      await wait(Math.min(15000, 500 * 2 ** failures));
      const known = await ask("HEAD", place, {}, null).catch(() => null);
      if (known && known.status === 200) {
        offset = Number(known.getResponseHeader("Upload-Offset"));
        state.textContent = "";
      }
    }
    return last;
  };

  const receipt = (item, answer) => {
    const { line, bar, state, file } = item;
    bar.remove();
    const digest = /sha-256=:([^:]+):/.exec(answer.getResponseHeader("Repr-Digest") ?? "");
    const named = /filename\*=UTF-8''([^;]+)/.exec(answer.getResponseHeader("Content-Disposition") ?? "");
    state.textContent = `${named ? decodeURIComponent(named[1]) : file.name} has arrived: ${size(file.size)}.`;
    if (digest) {
      const code = document.createElement("code");
      code.textContent = `SHA-256 ${[...atob(digest[1])].map((one) => one.charCodeAt(0).toString(16).padStart(2, "0")).join("")}`;
      line.append(document.createElement("br"), code);
    }
  };

  const run = async () => {
    if (running >= 2 || queue.length === 0) return;
    running += 1;
    const item = queue.shift();
    try {
      receipt(item, await send(item));
    } catch (failure) {
      item.bar.remove();
      item.state.textContent = `${item.file.name} was not sent. ${failure.message}`;
      item.state.className = "failed";
    }
    running -= 1;
    run();
  };

  const add = (file, path) => {
    const line = document.createElement("li");
    const state = document.createElement("div");
    const name = document.createElement("div");
    const bar = document.createElement("progress");
    name.textContent = path || file.name;
    bar.max = Math.max(1, file.size);
    bar.value = 0;
    bar.setAttribute("aria-label", `Progress of ${file.name}`);
    line.append(name, bar, state);
    list.append(line);
    queue.push({ file, path: path || file.name, line, bar, state });
    run();
  };

  const ready = () => {
    const name = form.elements.uploader;
    if (name.required && !name.value.trim()) {
      name.reportValidity();
      return false;
    }
    return true;
  };

  /** Says that a dropped file or folder cannot be read. */
  const refuse = (name) => {
    const line = document.createElement("li");
    line.className = "failed";
    line.textContent = `${name} cannot be read, so not all of it is sent.`;
    list.append(line);
  };

  const gather = async (entry, path) => {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => { entry.file(done, failed); });
      add(file, path + file.name);
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => { reader.readEntries(done, failed); });
      if (some.length === 0) return;
      for (const one of some) await gather(one, `${path}${entry.name}/`);
    }
  };

  // The zone replaces the form's own file field and button.
  for (const part of [form.elements.file, form.querySelector("label[for=file]"), form.querySelector("button")]) part.hidden = true;
  form.elements.file.required = false;
  zone.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  many.addEventListener("change", () => {
    if (ready()) for (const file of many.files) add(file, file.webkitRelativePath);
    many.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (!ready()) return;
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length > 0) for (const entry of entries) gather(entry, "").catch(() => refuse(entry.name));
    else for (const file of event.dataTransfer.files) add(file, "");
  });
  window.addEventListener("beforeunload", (event) => {
    if (running > 0) event.preventDefault();
  });
})();
