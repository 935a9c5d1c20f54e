"""What a border does to the columns of a batch: each different value is changed once, however often it stands there."""

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc


def applied(batch: pa.Table, change: Mapping[str, Callable[[str], str]]) -> pa.Table:
    """The batch with some text columns changed value by value; others, and columns that it lacks, stay. Raises ValueError for a column that holds no text."""
    for name, function in change.items():
        place = batch.schema.get_field_index(name)
        if place < 0:
            continue
        field = batch.schema.field(place)
        if not pa.types.is_string(field.type):
            raise ValueError(f"column {name} holds no text: a border can drop it, not change it")
        coded = pc.dictionary_encode(batch.column(place))
        chunks = [
            pa.DictionaryArray.from_arrays(chunk.indices, pa.array([function(v) for v in chunk.dictionary.to_pylist()], pa.string())).cast(pa.string())
            for chunk in coded.chunks
        ]
        batch = batch.set_column(place, field, pa.chunked_array(chunks, pa.string()))
    return batch
