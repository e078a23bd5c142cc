package io.millrace.flink;

import com.caoccao.javet.enums.JSRuntimeType;
import com.caoccao.javet.exceptions.JavetException;
import com.caoccao.javet.exceptions.JavetExecutionException;
import com.caoccao.javet.exceptions.JavetTerminatedException;
import com.caoccao.javet.interop.V8Host;
import com.caoccao.javet.interop.V8Locker;
import com.caoccao.javet.interop.V8Runtime;
import com.caoccao.javet.interop.options.V8RuntimeOptions;
import com.caoccao.javet.values.V8Value;
import com.caoccao.javet.values.reference.V8ValueArrayBuffer;
import com.caoccao.javet.values.reference.V8ValueFunction;
import com.caoccao.javet.values.reference.V8ValueObject;
import com.caoccao.javet.values.reference.V8ValueSharedArrayBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One V8 isolate with a pipeline's bundle in it, behind two windows of memory (see
 * src/runtime/flink/guest.ts). It belongs to the thread that made it.
 *
 * <p>Its heap has a limit: a script that comes near it is ended, and the isolate lives long enough
 * to say what it was at. What lies outside the heap (array buffers) has none; a script that hogs
 * those takes the task manager with it.
 */
final class Guest implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Guest.class);
  private static final long NEVER = Long.MAX_VALUE;

  /** Number.MAX_SAFE_INTEGER: the guest's end of time. */
  static final double END_OF_TIME = 9007199254740991.0;

  /** Flags at the head of an answer. */
  static final int MORE = 1;

  static final int TICKING = 2;
  static final int FINISHED = 4;
  private static final String REMEDY =
      "Look for a loop without end or for what is kept without bound, or submit with --watchdog or --heap";

  /**
   * A record goes through many small functions, more than V8 by itself would compile into one: a
   * stage with a model per key takes a seventh less time.
   */
  private static final String INLINING =
      "--max-inlined-bytecode-size=1500 --max-inlined-bytecode-size-cumulative=4000";

  /**
   * Or V8 would make records among the old objects for good, once a collection came at a bad moment
   * while models grew: src/cli/stream-flags.ts.
   */
  private static final String YOUNG_OBJECTS = "--no-allocation-site-pretenuring";

  /** Room beyond the limit for a script that is being ended. */
  private static final long HEADROOM_BYTES = 64L << 20;

  private final V8Runtime runtime;
  private final V8Locker locker;
  private V8ValueObject hosted;
  private final Map<String, V8ValueFunction> functions = new HashMap<>();
  private final long watchdogNanos;
  private V8Value inputBuffer;
  private V8Value largeBuffer;
  private V8Value outputBuffer;
  private ByteBuffer input;
  private ByteBuffer large;
  private ByteBuffer output;

  /** When the call under way is too late; NEVER between calls. */
  private long deadline = NEVER;

  private boolean late;

  /** Size of the heap when it was full; 0 while it is not. */
  private long fullBytes;

  /**
   * @param opener function of the bundle that opens what is hosted, with the pipeline, the params
   *     and `arguments`
   */
  Guest(JobSpec spec, String bundle, String opener, Object... arguments) {
    watchdogNanos = spec.watchdogMs * 1_000_000;
    try {
      runtime = isolate(spec.heapMb);
      runtime.setNearHeapLimitCallback(this::nearHeapLimit);
      locker = runtime.getV8Locker();
    } catch (JavetException e) {
      throw new IllegalStateException("V8 does not start", e);
    }
    Watchdog.watch(this);
    try {
      hosted = load(spec, bundle, opener, arguments);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private V8ValueObject load(JobSpec spec, String bundle, String opener, Object[] arguments) {
    begin();
    try {
      runtime.getExecutor(bundle).setResourceName(spec.name + ".bundle.js").executeVoid();
      try (V8ValueObject exports = runtime.getGlobalObject().get(spec.globalName);
          V8Value pipeline = exports.get("pipeline")) {
        Object[] all = new Object[arguments.length + 2];
        all[0] = pipeline;
        all[1] = spec.params;
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        V8ValueObject opened = exports.invoke(opener, all);
        exports.invokeVoid("setPhase", "processing");
        return opened;
      }
    } catch (JavetException e) {
      RuntimeException error = translated(e, opener);
      // A bundle that does not load will not load the next time either.
      throw error instanceof MillraceException ? ((MillraceException) error).forGood() : error;
    } finally {
      done();
    }
  }

  /**
   * Flags of V8 hold for the whole process and are read when its library is loaded: the first job
   * of a task manager decides, and only before there is a V8Host.
   */
  private static synchronized V8Runtime isolate(int heapMb) throws JavetException {
    if (!V8RuntimeOptions.V8_FLAGS.isSealed())
      V8RuntimeOptions.V8_FLAGS
          .setMaxHeapSize(heapMb)
          .setCustomFlags(INLINING + " " + YOUNG_OBJECTS);
    return V8Host.getInstance(JSRuntimeType.V8).createV8Runtime();
  }

  private long nearHeapLimit(long current, long initial) {
    fullBytes = current;
    runtime.terminateExecution();
    return current + HEADROOM_BYTES;
  }

  /**
   * The window that the guest reads so many bytes from, alone or all together: its own one, or
   * another where that is too small. What stood in it may be gone.
   */
  ByteBuffer input(int bytes) {
    if (input == null) {
      inputBuffer = call("input", 0);
      input = bytesOf(inputBuffer);
    }
    if (bytes <= input.capacity()) return input.clear();
    if (large == null || large.capacity() < bytes) {
      close(largeBuffer);
      largeBuffer = call("input", bytes);
      large = bytesOf(largeBuffer);
    }
    return large.clear();
  }

  /** Calls a function that answers in the output window, and returns the answer. */
  ByteBuffer answer(String function, Object... arguments) {
    int length = callInt(function, arguments);
    if (length < 0) {
      close(outputBuffer);
      outputBuffer = call("output");
      output = bytesOf(outputBuffer);
      length = -length;
    }
    output.clear();
    output.limit(length);
    return output;
  }

  int callInt(String function, Object... arguments) {
    return called(function, script -> script.callInteger(hosted, arguments));
  }

  String callString(String function, Object... arguments) {
    return called(function, script -> script.callString(hosted, arguments));
  }

  double callDouble(String function, Object... arguments) {
    return called(function, script -> script.callDouble(hosted, arguments));
  }

  void callVoid(String function, Object... arguments) {
    called(
        function,
        script -> {
          script.callVoid(hosted, arguments);
          return null;
        });
  }

  private V8Value call(String function, Object... arguments) {
    return called(function, script -> script.call(hosted, arguments));
  }

  /** The memory of kernels is shared, any other is not. */
  private static ByteBuffer bytesOf(V8Value buffer) {
    ByteBuffer bytes =
        buffer instanceof V8ValueSharedArrayBuffer shared
            ? shared.getByteBuffer()
            : ((V8ValueArrayBuffer) buffer).getByteBuffer();
    return bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** What is done with a function of the script, under the eyes of the watchdog. */
  private interface Call<T> {
    T of(V8ValueFunction script) throws JavetException;
  }

  private <T> T called(String function, Call<T> call) {
    begin();
    try {
      return call.of(function(function));
    } catch (JavetException e) {
      throw translated(e, function);
    } finally {
      done();
    }
  }

  private V8ValueFunction function(String name) throws JavetException {
    V8ValueFunction function = functions.get(name);
    if (function == null) {
      function = hosted.get(name);
      functions.put(name, function);
    }
    return function;
  }

  private synchronized void begin() {
    deadline = System.nanoTime() + watchdogNanos;
  }

  /** An end that came when the script had just returned must not strike the next call. */
  private synchronized void done() {
    deadline = NEVER;
    if (late) runtime.cancelTerminateExecution();
    late = false;
  }

  /** Called by the watchdog. Once is enough: no script goes on after it. */
  synchronized void endIfLate(long now) {
    if (deadline == NEVER || now - deadline < 0) return;
    deadline = NEVER;
    late = true;
    runtime.terminateExecution();
  }

  private synchronized RuntimeException translated(JavetException error, String function) {
    if (error instanceof JavetTerminatedException || late || fullBytes > 0) {
      long wasFull = fullBytes;
      late = false;
      fullBytes = 0;
      runtime.cancelTerminateExecution();
      return new ScriptEnded(function, wasFull, error);
    }
    if (error instanceof JavetExecutionException thrown) {
      LOG.error("the script threw in {}: {}", function, thrown.getScriptingError());
      String message = thrown.getScriptingError().getDetailedMessage();
      int code = message.indexOf("ML_");
      return MillraceException.ofGuest(
          code >= 0 ? message.substring(code) : "ML_USER_FUNCTION: the script threw: " + message,
          error);
    }
    return new IllegalStateException("V8 failed in " + function, error);
  }

  @Override
  public void close() {
    Watchdog.forget(this);
    functions.values().forEach(Guest::close);
    functions.clear();
    close(inputBuffer);
    close(largeBuffer);
    close(outputBuffer);
    close(hosted);
    close(locker);
    close(runtime);
  }

  private static void close(AutoCloseable resource) {
    if (resource == null) return;
    try {
      resource.close();
    } catch (Exception e) {
      LOG.warn("V8 could not free {}", resource.getClass().getSimpleName(), e);
    }
  }

  /**
   * A script was ended from outside: it ran too long, or its heap was full. The guest can still be
   * asked what it was at.
   */
  static final class ScriptEnded extends RuntimeException {
    private static final long serialVersionUID = 1;
    final String code;

    /** What was wrong, in words. */
    final String reason;

    ScriptEnded(String function, long fullBytes, Throwable cause) {
      this(
          fullBytes > 0 ? "ML_HEAP" : "ML_WATCHDOG",
          fullBytes > 0
              ? "the script's heap of " + (fullBytes >> 20) + " MB was full"
              : "the script did not return in time",
          function,
          cause);
    }

    private ScriptEnded(String code, String reason, String function, Throwable cause) {
      super(code + ": " + reason + "; where " + function + "; " + REMEDY + ".", cause);
      this.code = code;
      this.reason = reason;
    }

    /** The same, said of a place that the user knows. */
    MillraceException at(String where) {
      return new MillraceException(code, reason, where, REMEDY, getCause());
    }
  }
}
