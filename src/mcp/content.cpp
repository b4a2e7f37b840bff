#include "mcp/content.hpp"

#include <fmt/format.h>

#include "base/json_fields.hpp"
#include "chat/codec.hpp"
#include "tool/file_kind.hpp"

namespace errand::mcp {

namespace {

constexpr std::size_t max_image_bytes = 3'900'000;  // as Read
constexpr std::size_t max_images = 20;

chat::UserBlock line(std::string text) {
  return chat::Text{std::move(text)};
}

// What is none, or too much for a model, would make every later request fail.
chat::UserBlock image_of(const Json& part) {
  const auto type = string_at(part, "mimeType");
  auto bytes = chat::base64_decode(string_at(part, "data"));
  if (!bytes) return line("[an image that can't be read]");
  const auto kind = tool::kind_of(bytes->substr(0, tool::kind_bytes));
  if (kind.form != tool::FileForm::image || bytes->size() > max_image_bytes)
    return line(fmt::format("[an image of type {}, {} bytes, which is not shown]", type, bytes->size()));
  return chat::Image{std::string(kind.name), *std::move(bytes)};
}

chat::UserBlock link_of(const Json& part) {
  const auto name = string_at(part, "name");
  const auto address = string_at(part, "uri");
  return line(name.empty() ? fmt::format("[link: {}]", address) : fmt::format("[link: {} {}]", name, address));
}

chat::UserBlock resource_of(const Json& part) {
  const auto found = part.find("resource");
  const auto resource = found == part.end() ? Json::object() : *found;
  const auto address = string_at(resource, "uri");
  if (resource.contains("text")) return line(fmt::format("[{}]\n{}", address, string_at(resource, "text")));
  return line(fmt::format("[{}: {}, which is not shown]", address, string_at(resource, "mimeType")));
}

chat::UserBlock block_of(const Json& part) {
  const auto type = string_at(part, "type");
  if (type == "text") return line(string_at(part, "text"));
  if (type == "image") return image_of(part);
  if (type == "resource_link") return link_of(part);
  if (type == "resource") return resource_of(part);
  return line(fmt::format("[{}, which is not shown]", type.empty() ? "content without a type" : type));
}

}  // namespace

Result<tool::Output> output_of(const Json& result) {
  if (!result.is_object()) return fail(ErrorKind::failure, "its result is no JSON object");
  tool::Output out;
  std::size_t images = 0;
  const auto failed = result.find("isError");
  out.is_error = failed != result.end() && failed->is_boolean() && failed->get<bool>();
  if (const auto content = result.find("content"); content != result.end() && content->is_array()) {
    for (const auto& part : *content) {
      auto block = block_of(part);
      const bool is_image = std::holds_alternative<chat::Image>(block);
      if (is_image && ++images > max_images) block = line("[one more image, which is not shown]");
      out.content.push_back(std::move(block));
    }
  }
  if (const auto structured = result.find("structuredContent"); out.content.empty() && structured != result.end())
    out.content.push_back(line(chat::dump(*structured)));
  if (out.content.empty()) out.content.push_back(line("(no output)"));
  return out;
}

}  // namespace errand::mcp
