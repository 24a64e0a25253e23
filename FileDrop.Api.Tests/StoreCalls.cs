using System.Reflection;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Embedded;
using Microsoft.Extensions.DependencyInjection;

namespace FileDrop.Api.Tests;

/// <summary>Stands between a service and its stores and sees every call, which goes to the real store unless it is stopped here.</summary>
public abstract class StoreCalls
{
    /// <summary>Wraps the stores of a service.</summary>
    public void Wrap(IServiceCollection services)
    {
        Wrap<ICatalog>(services);
        Wrap<IFileCatalog>(services);
        Wrap<IFolderCatalog>(services);
        Wrap<IDavCatalog>(services);
        Wrap<IFolderSweepCatalog>(services);
        Wrap<IWriteCatalog>(services);
        Wrap<IUploadCatalog>(services);
        Wrap<IIdempotencyCatalog>(services);
        Wrap<ISweepCatalog>(services);
        Wrap<IChangeCatalog>(services);
        Wrap<IDocumentCatalog>(services);
        Wrap<IBlobStore>(services);
        Wrap<IKeyCatalog>(services);
        Wrap<IShareCatalog>(services);
        Wrap<ISharedCatalog>(services);
        if (services.Any(service => service.ServiceType == typeof(IInlineContents)))
            Wrap<IInlineContents>(services);
    }

    /// <summary>Wraps one store.</summary>
    public T WrapOne<T>(T real) where T : class
    {
        var proxy = DispatchProxy.Create<T, Proxy>();
        ((Proxy)(object)proxy).Set(this, real);
        return proxy;
    }

    /// <summary>Awaited before a call. An exception thrown here replaces the call.</summary>
    /// <param name="method">The method, such as <c>IBlobStore.WriteAsync</c>.</param>
    /// <param name="arguments">The arguments, which may be changed.</param>
    protected virtual Task BeforeAsync(string method, object?[] arguments)
    {
        Before(method, arguments);
        return Task.CompletedTask;
    }

    /// <inheritdoc cref="BeforeAsync"/>
    protected virtual void Before(string method, object?[] arguments)
    {
    }

    /// <summary>Runs after a successful call. An exception thrown here replaces its answer.</summary>
    protected virtual void After(string method)
    {
    }

    private void Wrap<T>(IServiceCollection services) where T : class
    {
        var real = services.Last(service => service.ServiceType == typeof(T)).ImplementationFactory
            ?? throw new InvalidOperationException("The stores are registered by factories.");
        services.AddSingleton(provider => WrapOne((T)real(provider)));
    }

    /// <summary>One store, seen through the watcher.</summary>
    public class Proxy : DispatchProxy
    {
        private StoreCalls? _calls;
        private object? _store;

        public void Set(StoreCalls calls, object store) => (_calls, _store) = (calls, store);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            ArgumentNullException.ThrowIfNull(targetMethod);
            var result = targetMethod.ReturnType;
            if (!typeof(Task).IsAssignableFrom(result))
                return Call(targetMethod, args);
            return result.IsGenericType
                ? typeof(Proxy).GetMethod(nameof(ResultAsync), BindingFlags.NonPublic | BindingFlags.Instance)!
                    .MakeGenericMethod(result.GenericTypeArguments).Invoke(this, [targetMethod, args])
                : DoneAsync(targetMethod, args);
        }

        private async Task DoneAsync(MethodInfo method, object?[]? arguments)
        {
            await _calls!.BeforeAsync(Name(method), arguments ?? []);
            await (Task)Call(method, arguments)!;
            _calls.After(Name(method));
        }

        private async Task<T> ResultAsync<T>(MethodInfo method, object?[]? arguments)
        {
            await _calls!.BeforeAsync(Name(method), arguments ?? []);
            var result = await (Task<T>)Call(method, arguments)!;
            _calls.After(Name(method));
            return result;
        }

        private object? Call(MethodInfo method, object?[]? arguments) =>
            method.Invoke(_store, BindingFlags.DoNotWrapExceptions, null, arguments, null);

        private static string Name(MethodInfo method) => $"{method.DeclaringType?.Name}.{method.Name}";
    }
}
