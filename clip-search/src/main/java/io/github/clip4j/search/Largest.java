package io.github.clip4j.search;

/// The largest of many numbers: a heap whose root is the least of them.
final class Largest {
    private final float[] heap;
    private int size;

    Largest(int capacity) {
        this.heap = new float[capacity];
    }

    boolean isFull() {
        return size == heap.length;
    }

    /// The least of the largest; −∞ while there is room for any.
    float least() {
        return isFull() ? heap[0] : Float.NEGATIVE_INFINITY;
    }

    /// @param value greater than [#least()]
    void add(float value) {
        if (isFull()) {
            down(value);
        } else {
            up(value);
        }
    }

    private void up(float value) {
        int at = size++;
        for (; at > 0 && heap[(at - 1) / 2] > value; at = (at - 1) / 2) {
            heap[at] = heap[(at - 1) / 2];
        }
        heap[at] = value;
    }

    private void down(float value) {
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = value;
    }
}
