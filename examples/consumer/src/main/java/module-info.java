module example.consumer {
    requires io.github.clip4j;
}
