package io.github.clip4j.tokenizer.json;

import java.util.List;

/// A post-processor: what puts special tokens around the ids of one text. All that the file can name comes down to two.
sealed interface PostProcessorStep {
    /// How many ids it adds.
    int added();

    int[] apply(int[] ids);

    /// `BertProcessing`, `RobertaProcessing`, `TemplateProcessing` for a single text; `ByteLevel` adds nothing.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Around(int[] before, int[] after) implements PostProcessorStep {
        @Override
        public int added() {
            return before.length + after.length;
        }

        @Override
        public int[] apply(int[] ids) {
            int[] result = new int[before.length + ids.length + after.length];
            System.arraycopy(before, 0, result, 0, before.length);
            System.arraycopy(ids, 0, result, before.length, ids.length);
            System.arraycopy(after, 0, result, before.length + ids.length, after.length);
            return result;
        }
    }

    /// Each around what the one before made.
    record Sequence(List<PostProcessorStep> processors) implements PostProcessorStep {
        @Override
        public int added() {
            return processors.stream().mapToInt(PostProcessorStep::added).sum();
        }

        @Override
        public int[] apply(int[] ids) {
            int[] result = ids;
            for (PostProcessorStep processor : processors) {
                result = processor.apply(result);
            }
            return result;
        }
    }
}
