namespace FileDrop.Api.Tests;

/// <summary>Ends a protocol between two steps, as the end of its process would.</summary>
internal sealed class CutException : Exception;
