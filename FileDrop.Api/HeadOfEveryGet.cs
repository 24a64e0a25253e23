namespace FileDrop.Api;

/// <summary>Every GET has its HEAD (RFC 9110, section 9.3.2): the same handler, whose body the server leaves out.</summary>
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
