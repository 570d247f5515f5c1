# The flags of all our code, and reviewd_layer(): a static library for one layer.
add_library(reviewd_flags INTERFACE)
target_compile_definitions(reviewd_flags INTERFACE _GNU_SOURCE REVIEWD_VERSION="${PROJECT_VERSION}")
target_include_directories(reviewd_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_options(reviewd_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Werror -fno-omit-frame-pointer -fstack-protector-strong)
target_link_libraries(reviewd_flags INTERFACE Threads::Threads m)
if(REVIEWD_SANITIZE)
  target_compile_options(reviewd_flags INTERFACE -fsanitize=${REVIEWD_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(reviewd_flags INTERFACE -fsanitize=${REVIEWD_SANITIZE})
  target_compile_options(llhttp PRIVATE -fsanitize=${REVIEWD_SANITIZE})
else()
  target_compile_options(reviewd_flags INTERFACE $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
  target_link_options(reviewd_flags INTERFACE $<$<CONFIG:Release>:LINKER:-z,relro,-z,now>)
endif()

# reviewd_layer(NAME SOURCES a.c b.c LINK targets): the library reviewd_NAME.
function(reviewd_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;LINK" ${ARGN})
  add_library(reviewd_${name} STATIC ${LAYER_SOURCES})
  target_link_libraries(reviewd_${name} PUBLIC reviewd_flags ${LAYER_LINK})
endfunction()
