# ESP-IDF reads the CMakeLists.txt of every component twice, the first time in CMake's script mode to learn what it requires. Some commands are not
# there in that mode. This reads the components as ESP-IDF does then:
#
#   cmake -P firmware/test/idf_components.cmake
set(ESP_PLATFORM 1)

macro(idf_component_register)
	set(registered 1)
	return()
endmacro()

function(read_component name)
	set(registered 0)
	include(${CMAKE_CURRENT_LIST_DIR}/../${name}/CMakeLists.txt)
	if(NOT registered)
		message(FATAL_ERROR "firmware/${name} registers no component with ESP-IDF")
	endif()
endfunction()

read_component(core)
read_component(main)
