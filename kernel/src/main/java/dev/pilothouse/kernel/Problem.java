package dev.pilothouse.kernel;

/**
 * One thing wrong with an input.
 *
 * @param where place in the input: {@code file:line:column field}, a row, a tensor's name
 * @param what what is wrong and what to do, such as {@code 125 % is more than all traffic; use at most 100}
 */
public record Problem(String where, String what) {
    @Override
    public String toString() {
        return where.isEmpty() ? what : where + ": " + what;
    }
}
