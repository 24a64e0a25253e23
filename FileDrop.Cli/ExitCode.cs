namespace FileDrop.Cli;

/// <summary>The exit codes. They are promises to scripts: add to them, and never change them.</summary>
internal enum ExitCode
{
    /// <summary>Everything was done.</summary>
    Done = 0,

    /// <summary>Something failed that has no code of its own, or several things failed for different reasons.</summary>
    Failed = 1,

    /// <summary>The command line is wrong. Nothing was done.</summary>
    Usage = 2,

    /// <summary>A file, folder, version or share does not exist, here or at the service.</summary>
    NotFound = 3,

    /// <summary>The service refuses the key, or the key lacks a scope.</summary>
    Refused = 4,

    /// <summary>A name is taken, a file has changed meanwhile, or is locked.</summary>
    Conflict = 5,

    /// <summary>The service cannot be reached, or cannot work at the moment. The same command may succeed later.</summary>
    Network = 6,

    /// <summary>A sync would delete more than it may, and has changed nothing.</summary>
    TooManyDeletions = 7,

    /// <summary>Ctrl+C or SIGTERM ended the command. Give it again to go on.</summary>
    Canceled = 130,
}
