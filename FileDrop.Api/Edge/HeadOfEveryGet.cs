namespace FileDrop.Api.Edge;

/// <summary>Adds HEAD to every GET (RFC 9110, section 9.3.2), with the same handler; the server omits the body.</summary>
internal static class HeadOfEveryGet
{
    public static RouteGroupBuilder WithHead(this RouteGroupBuilder group)
    {
        ((IEndpointConventionBuilder)group).Finally(endpoint =>
        {
            if (endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { } had && had.HttpMethods.Contains(HttpMethods.Get, StringComparer.Ordinal))
                endpoint.Metadata.Add(new HttpMethodMetadata(had.HttpMethods.Append(HttpMethods.Head)));
        });
        return group;
    }
}
