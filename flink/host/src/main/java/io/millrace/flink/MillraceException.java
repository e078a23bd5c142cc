package io.millrace.flink;

import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * An error as people read it: code, what, where, remedy in one sentence. The program that submitted
 * the job shows the message of the innermost one.
 */
public final class MillraceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public MillraceException(String code, String what, String where, String remedy) {
    this(code, what, where, remedy, null);
  }

  public MillraceException(String code, String what, String where, String remedy, Throwable cause) {
    super(code + ": " + what + "; where " + where + "; " + remedy + ".", cause);
  }

  private MillraceException(String message, Throwable cause) {
    super(message, cause);
  }

  /** What a guest threw; its text says code and remedy already. */
  static MillraceException ofGuest(String message, Throwable cause) {
    return new MillraceException(message, cause);
  }

  /** As one that no restart can mend: the job fails at once. */
  SuppressRestartsException forGood() {
    return new SuppressRestartsException(this);
  }
}
