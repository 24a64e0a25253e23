namespace FileDrop.Api.Http;

/// <summary>A request that a door refuses where it cannot answer at once, for example while its body is being read.</summary>
/// <param name="problem">The answer.</param>
/// <param name="inner">The cause.</param>
internal sealed class ProblemException(ApiProblem problem, Exception? inner = null) : Exception(problem.Detail, inner)
{
    public ApiProblem Problem { get; } = problem;
}
