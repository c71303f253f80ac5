package example

import io.github.clip4j.{Clip, PromptTemplates}
import io.github.clip4j.image.ImageFile
import java.nio.file.Path
import scala.jdk.CollectionConverters.*
import scala.util.Using

/** The sample of the README. */
@main def sample(model: String, file: String): Unit =
  Using.resource(Clip.load(Path.of(model))) { clip =>
    val classifier = clip.classifier(List("cat", "dog").asJava, PromptTemplates.of("a photo of a {}"))
    val best = classifier.classify(ImageFile.read(Path.of(file))).best()
    println(s"${best.label()} ${best.probability()}")

    val image = clip.embedImage(ImageFile.read(Path.of(file)))
    val text = clip.embedText("a photo of a cat")
    println(s"cosine ${image.dot(text)}")
  }
