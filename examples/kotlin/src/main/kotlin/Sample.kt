package example

import io.github.clip4j.Clip
import io.github.clip4j.PromptTemplates
import io.github.clip4j.image.ImageFile
import java.nio.file.Path

/** The sample of the README. */
fun main(args: Array<String>) {
    Clip.load(Path.of(args[0])).use { clip ->
        val classifier = clip.classifier(listOf("cat", "dog"), PromptTemplates.of("a photo of a {}"))
        val best = classifier.classify(ImageFile.read(Path.of(args[1]))).best()
        println("${best.label()} ${best.probability()}")

        val image = clip.embedImage(ImageFile.read(Path.of(args[1])))
        val text = clip.embedText("a photo of a cat")
        println("cosine ${image.dot(text)}")
    }
}
