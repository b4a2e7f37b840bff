#include "config/schema_reader.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/json_schema.hpp"
#include "config/yaml_json.hpp"

namespace errand::config {

namespace {

using yaml::Node;

// A model reads a schema with each request; the largest of ours has a hundredth of it.
constexpr std::size_t max_schema_bytes = std::size_t{256} << 10U;

std::optional<WrittenSchema> from_file(const Node& node, Reader& reader) {
  const auto written = reader.word(node);
  if (!written) return std::nullopt;
  const auto refuse = [&](std::string_view what, std::string_view hint) {
    reader.mistake(node.mark, fmt::format("{} {}: \"{}\"", reader.name(), what, *written), hint);
    return std::nullopt;
  };
  const auto path = normalize_path(join_path(reader.directory(), *written));
  if (!is_regular_file(path)) return refuse("names no file", "paths start at the directory of this file");
  const auto text = read_file(path, max_schema_bytes);
  if (!text) {
    reader.mistake(text.error(), node.mark);
    return std::nullopt;
  }
  const auto schema = Json::parse(*text, nullptr, false);
  if (!schema.is_object()) return refuse("is no JSON Schema", "the file must hold one JSON object");
  if (!json_schema::check_schema(schema)) {
    return refuse("is no usable JSON Schema", "errand run --output-schema with that file says what is wrong");
  }
  return WrittenSchema{schema.dump(), path};
}

}  // namespace

std::optional<WrittenSchema> read_schema(const Node& node, Reader& reader) {
  if (node.kind != yaml::Kind::map) return from_file(node, reader);
  const auto schema = yaml::to_json(node);
  if (const auto usable = json_schema::check_schema(schema); !usable) {
    reader.mistake(node.mark, fmt::format("{} is {}", reader.name(), usable.error().message), usable.error().hint);
    return std::nullopt;
  }
  return WrittenSchema{schema.dump(-1, ' ', false, Json::error_handler_t::replace), {}};
}

}  // namespace errand::config
