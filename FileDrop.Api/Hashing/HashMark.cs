namespace FileDrop.Api.Hashing;

/// <summary>The hashes of a content after some of its bytes, from which another request or process goes on.</summary>
/// <param name="State">The state of SHA-256 and XXH3; empty before the first byte. Opaque to all but <see cref="ContentHashState"/>.</param>
/// <param name="Crc32">The CRC-32 so far; null before the first byte, and if an earlier release hashed some of the bytes.</param>
/// <remarks>The CRC-32 stands beside the state, so that a replica of the release before reads the state and goes on without a CRC-32.</remarks>
public readonly record struct HashMark(ReadOnlyMemory<byte> State, uint? Crc32);
