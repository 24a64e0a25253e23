// The texts about the files as a drive.

export const connect = {
  title: "Connect",
  text: "Use your files as a drive, in any program that knows WebDAV.",
  address: "Address of the drive",
  copy: "Copy address",
  copied: "Address copied.",
  notCopied: "The browser does not let the page copy. The address is selected.",
  key: "The password is an API key with the scopes read, write and delete. The user name does not matter.",
  open: "Without keys, the service on this machine asks for no password.",
  plain: "Over plain HTTP the drive works only on the machine of the service; from others, it answers 403. Elsewhere, use an HTTPS address.",
  reference: "Reference of the API",
  /** Systems, names of programs, and how each connects: words, and a command. */
  ways: ({ address, drive, origin, login }) => [
    ["mac", "macOS, Finder", "Go, Connect to Server…, then the address."],
    ["windows", "Windows, Explorer", "This PC, Map network drive…, then the address. Windows sends passwords only over HTTPS."],
    ["linux", "GNOME, Files", "Other Locations, then:", drive],
    ["linux", "Linux, davfs2", "", `sudo mount -t davfs ${address} /mnt/filedrop`],
    ["ios", "iOS, Files", "An app for WebDAV from the App Store adds the drive to Files."],
    ["any", "rclone", "", `rclone config create drop webdav url=${address} vendor=owncloud${login}`],
    ["any", "Command line", "", `filedrop login ${origin}`],
  ],
};
