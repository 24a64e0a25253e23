using System.Reflection;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using Microsoft.Extensions.DependencyInjection;

namespace FileDrop.Api.Tests;

/// <summary>How a store call fails.</summary>
public enum Fault
{
    /// <summary>Before anything happened.</summary>
    Before,

    /// <summary>After it happened: the answer is lost.</summary>
    After,
}

/// <summary>
/// Stores whose calls fail when the test says so: each call goes to the real store, but the named one throws before it is
/// made, or after it was.
/// </summary>
public sealed class FaultyStores
{
    private string? _method;
    private Fault _fault;
    private int _left;

    /// <summary>How often the fault has happened.</summary>
    public int Happened { get; private set; }

    /// <summary>From now on the named method (<c>IBlobStore.WriteAsync</c>) fails, so many times.</summary>
    public void Break(string method, Fault fault, int times = 1) => (_method, _fault, _left, Happened) = (method, fault, times, 0);

    public void Heal() => _method = null;

    /// <summary>Puts itself between the service and its stores.</summary>
    public void Wrap(IServiceCollection services)
    {
        Wrap<IFileCatalog>(services);
        Wrap<IBlobStore>(services);
    }

    private void Wrap<T>(IServiceCollection services) where T : class
    {
        var real = services.Last(service => service.ServiceType == typeof(T)).ImplementationFactory
            ?? throw new InvalidOperationException("The stores are registered by factories.");
        services.AddSingleton(provider =>
        {
            var proxy = DispatchProxy.Create<T, Proxy>();
            ((Proxy)(object)proxy).Set(this, real(provider));
            return proxy;
        });
    }

    private bool Strikes(string method, Fault fault)
    {
        if (_method != method || _fault != fault)
            return false;
        if (Interlocked.Decrement(ref _left) < 0)
            return false;
        Happened++;
        return true;
    }

    /// <summary>One store, seen through the faults.</summary>
    public class Proxy : DispatchProxy
    {
        private FaultyStores? _faults;
        private object? _store;

        public void Set(FaultyStores faults, object store) => (_faults, _store) = (faults, store);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            ArgumentNullException.ThrowIfNull(targetMethod);
            if (_faults is null)
                throw new InvalidOperationException("The proxy was not set.");
            var method = $"{targetMethod.DeclaringType?.Name}.{targetMethod.Name}";
            if (!typeof(Task).IsAssignableFrom(targetMethod.ReturnType))
                return targetMethod.Invoke(_store, args);
            if (_faults.Strikes(method, Fault.Before))
                return Failed(targetMethod.ReturnType);
            var running = (Task)(targetMethod.Invoke(_store, args) ?? throw new InvalidOperationException($"{method} gave no task."));
            return targetMethod.ReturnType.IsGenericType
                ? typeof(Proxy).GetMethod(nameof(ResultAfterAsync), BindingFlags.NonPublic | BindingFlags.Instance)!
                    .MakeGenericMethod(targetMethod.ReturnType.GenericTypeArguments).Invoke(this, [running, method])
                : AfterAsync(running, method);
        }

        private static object Failed(Type task) => task.IsGenericType
            ? typeof(Task).GetMethods().Single(method => method is { Name: nameof(Task.FromException), IsGenericMethod: true })
                .MakeGenericMethod(task.GenericTypeArguments).Invoke(null, [Failure("before")])!
            : Task.FromException(Failure("before"));

        private static StorageException Failure(string when) => new(StorageFailure.Unavailable, $"A test's fault, {when} the call.");

        private async Task AfterAsync(Task running, string method)
        {
            await running;
            if (_faults!.Strikes(method, Fault.After))
                throw Failure("after");
        }

        private async Task<T> ResultAfterAsync<T>(Task<T> running, string method)
        {
            var result = await running;
            return _faults!.Strikes(method, Fault.After) ? throw Failure("after") : result;
        }
    }
}
