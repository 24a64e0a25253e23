// Uses a drive as programs do that are built on the package webdav. Fails at the first answer that the package does not understand.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { AuthType, createClient } from "webdav";

const [address, password] = process.argv.slice(2);
const drive = createClient(address, { authType: AuthType.Password, username: "me", password });
const top = `/${crypto.randomUUID()}`;

assert.deepEqual((await drive.getDAVCompliance("/")).compliance, ["1", "2", "3"]);
assert.equal(await drive.exists(top), false);
await drive.createDirectory(`${top}/a b/ä/#`, { recursive: true });

const path = `${top}/a b/ä/100% & more.txt`;
assert.equal(await drive.putFileContents(path, "hello"), true);
assert.equal(await drive.putFileContents(path, "other", { overwrite: false }), false);
assert.equal(await drive.getFileContents(path, { format: "text" }), "hello");
const stat = await drive.stat(path);
assert.deepEqual([stat.basename, stat.type, stat.size, stat.mime], ["100% & more.txt", "file", 5, "text/plain"]);
assert.ok(stat.etag);
assert.ok(Math.abs(Date.parse(stat.lastmod) - Date.now()) < 600_000);

const large = Buffer.alloc(3_000_000, "0123456789");
assert.equal(await drive.putFileContents(`${top}/large`, Readable.from([large.subarray(0, 1_000_000), large.subarray(1_000_000)])), true);
assert.ok(large.equals(await drive.getFileContents(`${top}/large`)));
assert.equal(await text(drive.createReadStream(`${top}/large`, { range: { start: 10, end: 14 } })), "01234");
assert.equal((await drive.getFileContents(`${top}/large`, { headers: { Range: "bytes=-3" } })).toString(), "789");

const names = async folder => (await drive.getDirectoryContents(folder)).map(each => `${each.basename}${each.type === "directory" ? "/" : ""}`).sort();
assert.deepEqual(await names(top), ["a b/", "large"]);
assert.deepEqual(await names(`${top}/a b/ä`), ["#/", "100% & more.txt"]);

await drive.copyFile(`${top}/a b`, `${top}/copy`);
assert.equal(await drive.getFileContents(`${top}/copy/ä/100% & more.txt`, { format: "text" }), "hello");
await drive.moveFile(path, `${top}/moved.txt`);
assert.equal(await drive.exists(path), false);
await assert.rejects(drive.moveFile(`${top}/moved.txt`, `${top}/large`, { overwrite: false }), { status: 412 });

const lock = await drive.lock(`${top}/moved.txt`, { timeout: "Second-60" });
await assert.rejects(drive.putFileContents(`${top}/moved.txt`, "x"), { status: 423 });
await drive.putFileContents(`${top}/moved.txt`, "mine", { headers: { If: `(<${lock.token}>)` } });
await drive.unlock(`${top}/moved.txt`, lock.token);

// RFC 4331 leaves these properties out of the list of all.
const quota = await drive.getQuota({ data: `<propfind xmlns="DAV:"><prop><quota-used-bytes/><quota-available-bytes/></prop></propfind>` });
assert.equal(quota.used >= 3_000_000, true);
assert.equal(quota.available, 10_000_000 - quota.used);

await drive.deleteFile(`${top}/copy`);
await drive.deleteFile(`${top}/large`);
await drive.deleteFile(`${top}/a b`);
assert.deepEqual(await names(top), ["moved.txt"]);
await assert.rejects(drive.stat(`${top}/large`), { status: 404 });
console.log("done");
